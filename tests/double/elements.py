"""The rules of Block Kit's elements: buttons, menus, pickers and fields.

`check` looks one element over: is it known, may it stand there, are its lengths and its options
right.  The table `PLACES` says which element may stand in which block.
"""

import re
from collections.abc import Callable

from tests.double.findings import Findings
from tests.double.rules import Json

SELECTS = frozenset(
    "static_select external_select users_select conversations_select channels_select".split()
)
MULTI = frozenset(f"multi_{name}" for name in SELECTS)
CHOICES = frozenset({"checkboxes", "radio_buttons"})
PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
FIELDS = frozenset(
    """plain_text_input number_input email_text_input url_text_input rich_text_input
    file_input""".split()
)
PLACES: dict[str, frozenset[str]] = {
    "section": SELECTS
    | MULTI
    | CHOICES
    | {"button", "overflow", "image", "datepicker", "timepicker"},
    "actions": SELECTS | MULTI | CHOICES | PICKERS | {"button", "overflow"},
    "input": SELECTS | MULTI | CHOICES | PICKERS | FIELDS,
    "context": frozenset({"image"}),
}

_COMMON = ("type", "action_id", "confirm", "focus_on_load")
_MENU = ("placeholder", "min_query_length", "response_url_enabled", "max_selected_items")
_FILTERS = ("filter", "default_to_current_conversation")
_INITIALS: dict[str, tuple[str, ...]] = {
    "static_select": ("initial_option", "options", "option_groups"),
    "external_select": ("initial_option",),
    "users_select": ("initial_user",),
    "conversations_select": ("initial_conversation", *_FILTERS),
    "channels_select": ("initial_channel",),
}
_FIELD = ("placeholder", "initial_value", "dispatch_action_config")
KEYS: dict[str, tuple[str, ...]] = {
    "button": ("text", "value", "url", "style", "accessibility_label"),
    "image": ("image_url", "slack_file", "alt_text"),
    "overflow": ("options",),
    "checkboxes": ("options", "initial_options"),
    "radio_buttons": ("options", "initial_option"),
    "datepicker": ("initial_date", "placeholder"),
    "timepicker": ("initial_time", "placeholder", "timezone"),
    "datetimepicker": ("initial_date_time",),
    "plain_text_input": (*_FIELD, "multiline", "min_length", "max_length"),
    "number_input": (*_FIELD, "is_decimal_allowed", "min_value", "max_value"),
    "email_text_input": _FIELD,
    "url_text_input": _FIELD,
    "rich_text_input": _FIELD,
    "file_input": ("filetypes", "max_files"),
    **{name: (*_MENU, *initials) for name, initials in _INITIALS.items()},
    **{
        f"multi_{name}": (*_MENU, *(k + "s" if k.startswith("initial") else k for k in initials))
        for name, initials in _INITIALS.items()
    },
}
_DATES = {
    "datepicker": ("initial_date", r"\d{4}-\d\d-\d\d"),
    "timepicker": ("initial_time", r"\d\d:\d\d"),
    "datetimepicker": ("initial_date_time", r"\d{10}"),
}


def check(element: Json, place: str, surface: str, path: str, found: Findings) -> None:
    """Note what is wrong with an element standing in a block of the given kind."""
    kind = str(element.get("type"))
    if kind not in PLACES[place] or (kind == "file_input" and surface != "modal"):
        found.add(f"unsupported element type: {kind}", path)
        return
    common = ("type",) if kind == "image" else _COMMON
    found.keys(element, (*common, *KEYS[kind]), path)
    found.optional_string(element, "action_id", 255, path)
    found.optional_text(element, "placeholder", 150, path)
    if element.get("confirm") is not None:
        _confirm(element["confirm"], f"{path}/confirm", found)
    rule = _RULES.get(kind)
    if rule:
        rule(element, path, found)
    if kind in _DATES:
        _date(element, *_DATES[kind], path, found)


def _confirm(confirm: Json, path: str, found: Findings) -> None:
    if not found.required(confirm, ("title", "text", "confirm", "deny"), path):
        return
    found.keys(confirm, ("title", "text", "confirm", "deny", "style"), path)
    found.text(confirm["title"], 100, f"{path}/title", plain=True)
    found.text(confirm["text"], 300, f"{path}/text")
    for name in ("confirm", "deny"):
        found.text(confirm[name], 30, f"{path}/{name}", plain=True)


def _button(element: Json, path: str, found: Findings) -> None:
    found.text(element.get("text"), 75, f"{path}/text", plain=True)
    found.optional_string(element, "value", 2_000, path)
    found.optional_string(element, "url", 3_000, path)
    found.optional_string(element, "accessibility_label", 75, path)
    if element.get("style") not in (None, "primary", "danger"):
        found.add("style must be primary or danger", f"{path}/style")


def image(element: Json, path: str, found: Findings) -> None:
    """Note what is wrong with an image, element or block."""
    if not element.get("slack_file"):
        found.string(element.get("image_url"), 3_000, f"{path}/image_url")
    found.string(element.get("alt_text"), 2_000, f"{path}/alt_text")


def _option(option: Json, kind: str, path: str, found: Findings) -> None:
    found.keys(option, ("text", "value", "description", "url"), path)
    markdown = kind in CHOICES
    found.text(option.get("text"), 75, f"{path}/text", plain=not markdown)
    found.string(option.get("value"), 150, f"{path}/value")
    if option.get("description") is not None:
        found.text(option["description"], 75, f"{path}/description", plain=not markdown)
    found.optional_string(option, "url", 3_000, path)
    if option.get("url") is not None and kind != "overflow":
        found.add("url is for overflow options only", f"{path}/url")


def _options(element: Json, path: str, found: Findings) -> None:
    kind = str(element["type"])
    most = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}.get(kind, 100)
    options = found.items(element.get("options"), 1, most, f"{path}/options")
    for i, option in enumerate(options):
        _option(option, kind, f"{path}/options/{i}", found)
    if kind == "overflow":
        return
    found.unique((option.get("value") for option in options), "value", f"{path}/options")
    _initials(element, options, path, found)


def _initials(element: Json, options: list[Json], path: str, found: Findings) -> None:
    chosen = element.get("initial_options")
    one = element.get("initial_option")
    if chosen is not None:
        found.items(chosen, 1, 100, f"{path}/initial_options")
    for option in [*(chosen or []), *([one] if one is not None else [])]:
        if option not in options:
            found.add("initial option is not among the options", path)


def _static(element: Json, path: str, found: Findings) -> None:
    groups = element.get("option_groups")
    if (groups is None) == (element.get("options") is None):
        found.add("needs either options or option_groups", path)
    elif groups is None:
        _options(element, path, found)
    else:
        _groups(element, path, found)


def _groups(element: Json, path: str, found: Findings) -> None:
    every: list[Json] = []
    for i, group in enumerate(
        found.items(element["option_groups"], 1, 100, f"{path}/option_groups")
    ):
        here = f"{path}/option_groups/{i}"
        found.keys(group, ("label", "options"), here)
        found.text(group.get("label"), 75, f"{here}/label", plain=True)
        for j, option in enumerate(found.items(group.get("options"), 1, 100, f"{here}/options")):
            _option(option, "static_select", f"{here}/options/{j}", found)
            every.append(option)
    _initials(element, every, path, found)


def _plain_input(element: Json, path: str, found: Findings) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3_000)
    if not (0 <= least <= 3_000 and 1 <= most <= 3_000 and least <= most):
        found.add("min_length and max_length must be ordered and at most 3000", path)
    found.optional_string(element, "initial_value", min(3_000, most), path)


def _number(element: Json, path: str, found: Findings) -> None:
    found.required(element, ("is_decimal_allowed",), path)


def _files(element: Json, path: str, found: Findings) -> None:
    if not 1 <= element.get("max_files", 10) <= 10:
        found.add("max_files must be between 1 and 10", path)


def _date(element: Json, name: str, form: str, path: str, found: Findings) -> None:
    value = element.get(name)
    if value is not None and not re.fullmatch(form, str(value)):
        found.add(f"{name} is not well formed", f"{path}/{name}")


_RULES: dict[str, Callable[[Json, str, Findings], None]] = {
    "button": _button,
    "image": image,
    "overflow": _options,
    "checkboxes": _options,
    "radio_buttons": _options,
    "static_select": _static,
    "multi_static_select": _static,
    "plain_text_input": _plain_input,
    "number_input": _number,
    "file_input": _files,
}
