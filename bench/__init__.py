"""The bench: what Tocsin costs and how far ahead it is, as ratios taken in one run.

Figures of other programs come from ``docs/measures.md``, where it is said how they were taken.
"""
