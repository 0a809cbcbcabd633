"""The page: HTML made on the server, whole without scripts; small modules of JavaScript keep it moving."""
