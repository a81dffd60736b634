"""A real browser, driven over its DevTools protocol: Chromium and one package for web sockets.

chromium   where a browser is, one that runs, its end
devtools   commands to it and events from it, over one connection
keys       what the keys of a keyboard send
tab        a tab as somebody in front of it has it: go to, look, click, type, wait
page       what a tab makes of a page: its pictures, what it fetched, what its console said
"""
