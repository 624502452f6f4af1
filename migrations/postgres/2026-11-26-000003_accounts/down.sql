DROP TABLE claim_files;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE cursors;
DROP TABLE notices_off;
