"""The routes for programs, and what describes them."""
