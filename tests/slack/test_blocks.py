"""The one place where text is escaped and cut."""

import pytest

from bot.core.transcript import spoken
from bot.slack.blocks import cut, markdown, mrkdwn, paragraphs, plain, user


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("R&D", "R&amp;D"),
        (
            "*gras* _x_ ~y~ `z`",
            "\u200b*gras\u200b* \u200b_x\u200b_ \u200b~y\u200b~ \u200b`z\u200b`",
        ),
        ("une\nligne\t puis  deux", "une ligne puis deux"),
        ("\u202eab\u202c\u2066c\u2069\u200b\ufeff\x07", "abc"),
        ("03\u00a0h\u00a010", "03\u00a0h\u00a010"),
        ("👩🏽\u200d⚕️", "👩🏽\u200d⚕️"),
    ],
)
def test_what_people_type_is_harmless(typed: str, shown: str) -> None:
    """It keeps its words, and loses every power over what is around it."""
    assert user(typed) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("- un\n- **deux** & trois", "• un\n• *deux* &amp; trois"),
        ("- un\n  * deux", "• un\n  • deux"),
        ("## Titre **fort**", "*Titre fort*"),
        ("[CNIL](https://cnil.example)", "CNIL (https://cnil.example)"),
        ("1. un\n2. deux", "1. un\n2. deux"),
        ("a < b ** c", "a &lt; b ** c"),
        ("<!here>", "&lt;!here&gt;"),
    ],
)
def test_markdown_of_the_files_becomes_slack_s(written: str, shown: str) -> None:
    """Bold, lists, titles and links read as such, escaped first."""
    assert markdown(written) == shown


def test_a_cut_falls_between_characters_that_are_seen() -> None:
    """Neither an emoji made of several, nor an accent, nor an entity is cut in two."""
    assert cut("ab👩🏽\u200d⚕️cd", 5) == "ab…"
    assert cut("abe\u0301cd", 4) == "ab…"
    assert cut("abc &amp; d", 8) == "abc …"
    assert cut("abc", 3) == "abc"
    assert len(user("&" * 5_000, 400)) <= 400


def test_lines_fill_as_few_sections_as_they_can() -> None:
    """Nothing is lost between sections, and a line alone too long is cut with a sign."""
    lines = [f"{number} {'x' * 300}" for number in range(40)]
    blocks = paragraphs(lines)
    assert "\n".join(one["text"]["text"] for one in blocks) == "\n".join(lines)
    assert len(blocks) == 5
    assert mrkdwn("x" * 4_000)["text"].endswith("…")
    assert paragraphs([]) == []


def test_titles_keep_their_no_break_spaces() -> None:
    """A title is one line, with French spaces."""
    assert (
        plain("Crise\n: 03\u00a0h\u00a010 ?", 99)["text"] == "Crise\u00a0: 03\u00a0h\u00a010\u00a0?"
    )


@pytest.mark.parametrize(
    ("slack", "shown"),
    [
        ("<@U2> &amp; <@U9|zoe> &lt;x&gt;", "@Bruno & @zoe <x>"),
        ("<@U9>", "@U9"),
        ("<#C1|crise> <#C2>", "#crise #C2"),
        ("<!here> <!subteam^S1|@astreinte> <!subteam^S2>", "@here @astreinte @subteam"),
        (
            "<https://a.example> <https://a.example|a.example>",
            "https://a.example https://a.example",
        ),
        ("<https://evil.example|CNIL>", "CNIL (https://evil.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("&amp;lt;", "&lt;"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_slack_s_own_markup_reads_as_on_the_screen(slack: str, shown: str) -> None:
    """Names for ids, addresses with where they lead, signs for entities."""
    assert spoken(slack, lambda person: {"U2": "Bruno"}.get(person, "")) == shown
