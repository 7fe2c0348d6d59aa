"""The web page, by room: what it is made of, the work behind it, its steps, and the frame around them."""
