"""One page of one visitor: where it is, what it shows, and how changes are sent to the browser."""
