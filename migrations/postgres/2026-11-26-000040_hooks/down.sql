DROP TABLE hook_notes;
DROP TABLE hook_messages;
DROP TABLE hooks;
