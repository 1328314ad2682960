"""What people put in fields: first values, values typed or chosen, and what is missing.

Slack sends the state of every stateful element, prefilled values included.  Here a value can be
given in short (`"un texte"`, an option's value, a list of them, a user's id) or in Slack's own
form; what nobody could choose on a screen is `Impossible`.
"""

from collections.abc import Mapping
from typing import Any

from tests.double.blocks import inner
from tests.double.rules import Json

Values = dict[str, dict[str, Json]]


class Impossible(AssertionError):
    """A person could not do that in Slack: the test asks for something that is not there."""


#: Element type -> (key in the state, key of the first value in the element).
_STATE = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "checkboxes": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_LISTS = ("selected_options", "selected_users", "selected_conversations", "selected_channels")


def initial(element: Json) -> Json:
    """Return the state of an element that nobody touched."""
    key, first = _STATE[element["type"]]
    return {"type": element["type"], key: element.get(first, [] if key in _LISTS else None)}


def options(element: Json) -> list[Json]:
    """Return all options of a menu, groups opened."""
    groups = element.get("option_groups") or []
    return [*element.get("options", []), *(o for group in groups for o in group["options"])]


def coerce(element: Json, value: Any) -> Json:
    """Return a value as Slack sends it, or raise `Impossible`."""
    key, _ = _STATE[element["type"]]
    if isinstance(value, dict) and key in value:
        value = value[key]
    if key == "selected_option" and value is not None:
        value = _chosen(element, value)
    elif key == "selected_options":
        value = [_chosen(element, v) for v in (value if isinstance(value, list) else [value])]
    elif key in _LISTS:
        value = value if isinstance(value, list) else [value]
    return {"type": element["type"], key: value}


def _chosen(element: Json, value: Any) -> Json:
    """Find the option by its value or by its text."""
    if element["type"].endswith("external_select"):
        if isinstance(value, dict):
            return value
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    wanted = value["value"] if isinstance(value, dict) else str(value)
    for option in options(element):
        if wanted in (option["value"], option["text"]["text"]):
            return option
    known = ", ".join(option["value"] for option in options(element))
    raise Impossible(f"no option {wanted!r} in {element.get('action_id')!r}; there are: {known}")


def stateful(block: Json) -> list[Json]:
    """Return the elements of a block that hold a value."""
    return [e for e in inner(block) if e.get("type") in _STATE and e["type"] != "overflow"]


def values(blocks: list[Json], typed: Values) -> Values:
    """Return `state.values`: what was typed where somebody typed, first values elsewhere."""
    out: Values = {}
    for block in blocks:
        for element in stateful(block):
            known = typed.get(block["block_id"], {}).get(element["action_id"])
            out.setdefault(block["block_id"], {})[element["action_id"]] = known or initial(element)
    return out


def type_in(blocks: list[Json], typed: Values, given: Mapping[str, Any]) -> None:
    """Put values in the fields of blocks, as a person would."""
    by_id = {block["block_id"]: block for block in blocks if stateful(block)}
    for block_id, value in given.items():
        if block_id not in by_id:
            raise Impossible(f"no field {block_id!r}; there are: {', '.join(by_id)}")
        elements = {e["action_id"]: e for e in stateful(by_id[block_id])}
        whole = isinstance(value, dict) and set(value) <= set(elements)
        for action_id, one in (value if whole else {next(iter(elements)): value}).items():
            typed.setdefault(block_id, {})[action_id] = coerce(elements[action_id], one)


def complaints(blocks: list[Json], state: Values) -> dict[str, str]:
    """Return what the client says before it sends anything, by block."""
    out: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            key, _ = _STATE[element["type"]]
            said = _complaint(block, element, state[block["block_id"]][element["action_id"]][key])
            if said:
                out[block["block_id"]] = said
    return out


def _complaint(block: Json, element: Json, value: Any) -> str:
    if value in (None, "", []):
        return "" if block.get("optional") else "Please complete this required field."
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3_000)
        if not least <= len(value) <= most:
            return f"Must be between {least} and {most} characters."
    if element["type"] == "number_input" and not str(value).lstrip("-").isdecimal():
        return "Must be a number."
    return ""


def identify(blocks: list[Json], fresh: str) -> list[Json]:
    """Give blocks and elements the ids that Slack makes up when the app gave none."""
    out = []
    for i, block in enumerate(blocks):
        for j, element in enumerate(inner(block)):
            if element.get("type") not in ("mrkdwn", "plain_text", "image"):
                element.setdefault("action_id", f"{fresh}{i}a{j}")
        out.append({"block_id": f"{fresh}{i}", **block})
    return out
