"""A library's tables on a PostgreSQL server, for several page servers that share one library.

`server` holds connections, `dialect` turns the SQL of the stores into PostgreSQL's, `migrations` are Alembic's. All of
it is imported only where `library.database_url` is set.
"""
