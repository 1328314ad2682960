"""The journal (*main courante*): sealed lines, where they are stored, how anybody checks them.

This package opens nothing by itself: ``verify`` must run with the standard library alone.
"""
