"""The web server: sockets, rooms, boards, and the processes around them."""
