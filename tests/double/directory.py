"""Web API: who is who (`auth.test`, users, groups, team), the app's connection, and views."""

from tests.double.calls import Args, Context, method, page
from tests.double.rules import ApiError, Json
from tests.double.views import View
from tests.double.world import APP, BOT_ID, BOT_USER, TEAM


@method("api.test")
def api_test(ctx: Context, args: Args) -> Json:
    """Answer that the server is there."""
    return {"args": dict(args)}


@method("auth.test")
def auth_test(ctx: Context, args: Args) -> Json:
    """Say whose token this is."""
    return {
        "url": "https://chu-test.slack.com/",
        "team": "CHU Test",
        "user": "tocsin",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open")
def connections_open(ctx: Context, args: Args) -> Json:
    """Give an address good for one Socket Mode connection."""
    return {"url": ctx.connect()}


@method("team.info")
def team_info(ctx: Context, args: Args) -> Json:
    """Describe the workspace."""
    return {"team": {"id": TEAM, "name": "CHU Test", "domain": "chu-test", "email_domain": ""}}


@method("bots.info")
def bots_info(ctx: Context, args: Args) -> Json:
    """Describe a bot."""
    if args.need("bot") != [BOT_ID]:
        raise ApiError("bot_not_found")
    bot = {"id": BOT_ID, "deleted": False, "name": "tocsin", "app_id": APP, "user_id": BOT_USER}
    return {"bot": bot}


@method("users.info")
def users_info(ctx: Context, args: Args) -> Json:
    """Describe somebody."""
    user = ctx.world.users.get(args.need("user")[0])
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user.json()}


@method("users.list")
def users_list(ctx: Context, args: Args) -> Json:
    """List everybody, deleted accounts included."""
    items, metadata = page(list(ctx.world.users.values()), args, default=1_000)
    return {"members": [user.json() for user in items], "response_metadata": metadata}


@method("users.lookupByEmail")
def lookup(ctx: Context, args: Args) -> Json:
    """Find somebody by address."""
    (email,) = args.need("email")
    for user in ctx.world.users.values():
        if user.email == email and not user.flags.get("deleted"):
            return {"user": user.json()}
    raise ApiError("users_not_found")


@method("usergroups.list")
def usergroups(ctx: Context, args: Args) -> Json:
    """List the groups, with their members on demand."""
    hidden = set() if args.flag("include_users") else {"users"}
    groups = ctx.world.usergroups.values()
    return {"usergroups": [{k: v for k, v in g.items() if k not in hidden} for g in groups]}


@method("usergroups.users.list")
def usergroup_users(ctx: Context, args: Args) -> Json:
    """List the members of a group."""
    group = ctx.world.usergroups.get(args.need("usergroup")[0])
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": group["users"]}


@method("emoji.list")
def emoji(ctx: Context, args: Args) -> Json:
    """List the workspace's own emoji: none."""
    return {"emoji": {}, "cache_ts": ctx.world.ts()}


@method("views.open")
def views_open(ctx: Context, args: Args) -> Json:
    """Open a modal."""
    return _shown(ctx.views.open(_trigger(args), args.json("view")))


@method("views.push")
def views_push(ctx: Context, args: Args) -> Json:
    """Open a modal on the modal that is open."""
    return _shown(ctx.views.push(_trigger(args), args.json("view")))


@method("views.update")
def views_update(ctx: Context, args: Args) -> Json:
    """Change an open modal."""
    if not args.text("view_id") and not args.text("external_id"):
        args.need("view_id")
    view = ctx.views.find(args.text("view_id"), args.text("external_id"))
    return _shown(ctx.views.update(view, args.json("view"), args.text("hash")))


@method("views.publish")
def views_publish(ctx: Context, args: Args) -> Json:
    """Write somebody's Home tab."""
    (user,) = args.need("user_id")
    if not ctx.home_tab:
        raise ApiError("not_enabled")
    if user not in ctx.world.users:
        raise ApiError("user_not_found")
    return _shown(ctx.views.publish(user, args.json("view"), args.text("hash")))


def _trigger(args: Args) -> str:
    return args.text("trigger_id") or args.text("interactivity_pointer")


def _shown(view: View) -> Json:
    return {"view": view.json()}
