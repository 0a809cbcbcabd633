"""Real servers for the tests: each fixture module starts one and stops it by its process id."""

pytest_plugins = ["tests.fixtures.nats", "tests.fixtures.postgres"]
