"""The console: pages for operators, administrators and developers, without scripts (D-48).

``table.py`` lists every page. A family of pages is a folder with its table and handlers
(``pages.py``), its messages, and its templates; decision 0073 describes how to add one.
"""
