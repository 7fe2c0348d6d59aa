"""HTML text, icons, charts and the one component that the page's parts are made of."""
