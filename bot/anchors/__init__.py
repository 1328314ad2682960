"""Checkpoints put where the bot cannot rewrite them: a stamping authority, mailboxes outside."""
