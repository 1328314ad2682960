"""Tocsin: the crisis cell of a hospital under cyber-attack, in Slack."""
