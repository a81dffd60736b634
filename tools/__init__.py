"""What maintainers run beside the study.

browser            a real browser, for tests and the site
site               notebooks, docs and reference as linked pages
refresh_notebooks  run the notebooks and store them with what they show
test_pythons       run the tests on every Python that is supported
"""
