"""One module a migration, in the order of their numbers; a module that was released stays as is."""
