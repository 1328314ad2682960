"""Documents filled from the journal: templates in, blocks of text out; nothing is guessed.

A template is Markdown with Jinja2, read by nobody but a sandbox that knows the data and nothing
else.  What people typed never passes through the Markdown reader: a value is a mark until the
blocks stand.  What is not known stays visible: « [à compléter : …] ».

Not here: reading the files (``bot.library.documents``), DOCX and PDF (``bot.exports.drafted``).
"""
