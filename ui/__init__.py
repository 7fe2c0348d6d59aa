"""The web page by package: HTML elements, services, steps, and the frame around them."""
