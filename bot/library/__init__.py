"""From files that people edit to answers with their source.

Files become playbooks (``playbooks``) and passages (``passages``); passages are searched by words
(``lexical``) and by vectors (``vectors``, ``index``), both fused in ``search``; ``answer`` quotes.
The files are the truth; everything built from them can be thrown away and built again.
"""
