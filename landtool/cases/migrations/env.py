"""Alembic's environment: it works on the connection it is handed and needs no alembic.ini."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
