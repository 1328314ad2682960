"""``python -m bot``: the same as ``tocsin``."""

from bot.cli import main

main()
