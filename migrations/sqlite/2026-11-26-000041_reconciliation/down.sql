DROP TABLE statements;
DROP TABLE recon_cases;
