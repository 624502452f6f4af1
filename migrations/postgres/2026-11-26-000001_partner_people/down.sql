DROP TABLE order_changes;
DROP TABLE bench_reports;
DROP TABLE partner_applications;
DROP TABLE partner_people;
