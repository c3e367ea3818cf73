"""The routes, a module a subject: each is a function over the services."""
