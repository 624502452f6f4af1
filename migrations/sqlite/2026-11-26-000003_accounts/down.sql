DROP TABLE claim_files;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE notices_off;
