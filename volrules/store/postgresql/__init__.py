"""The store in PostgreSQL, over psycopg 3: for many processes on many machines."""
