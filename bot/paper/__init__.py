"""Paper: the kit that is printed ahead of time, and the state of a crisis on a sheet.

Data in, a PDF out (PDF/UA-1, embedded fonts, readable in black and white).  Everything comes from
the hospital's own files; each sheet says when it was made and from which versions.
"""
