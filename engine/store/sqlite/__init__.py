"""The store on SQLite; the only importer of sqlite3 and sqlite-utils.

``store`` implements the port with everything else here: ``database`` opens the file and holds its
transactions, ``tables`` and ``migrations`` lay it out, ``recording`` writes runs, ``runs`` and
``captures`` find and read them again.
"""
