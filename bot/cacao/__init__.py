"""Playbooks to and from OASIS CACAO 2.0: what maps is mapped, what does not is listed in words."""
