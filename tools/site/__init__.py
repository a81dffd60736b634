"""The site: notebooks as stored, docs/ and the package's reference as linked pages.

contents    which pages there are, and in which order
reference   a page for each folder of the package
staging     pages with links that a site can follow
links       what a built page refers to, and whether it is there
front_page  what a browser makes of the first page
"""
