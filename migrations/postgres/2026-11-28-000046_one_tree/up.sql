-- On SQLite some tables are kept in the order of their key, in one tree. PostgreSQL has no such tables.
SELECT 1;
