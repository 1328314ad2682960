"""The authors' bench: edit the text of a playbook, publish it, keep every version readable.

Not here: Slack, who may do it (``bot.core.rights``), what a crisis makes of a new version.
"""
