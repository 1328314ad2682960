"""The Slack face: payloads in, board out.  No rule of a crisis is decided here."""
