DROP TABLE payout_file_lines;
DROP TABLE payout_files;
