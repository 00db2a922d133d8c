BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE companies (
	id INTEGER NOT NULL, 
	external_id VARCHAR(120), 
	name VARCHAR(200) NOT NULL, 
	owner_id INTEGER, 
	CONSTRAINT pk_companies PRIMARY KEY (id), 
	CONSTRAINT fk_companies_owner_id FOREIGN KEY(owner_id) REFERENCES users (id), 
	CONSTRAINT uq_companies_external_id UNIQUE (external_id)
);
INSERT INTO "companies" VALUES(1,NULL,'Acme',NULL);
CREATE TABLE contacts (
	id INTEGER NOT NULL, 
	external_id VARCHAR(120), 
	kind VARCHAR(40) NOT NULL, 
	first_name VARCHAR(200) NOT NULL, 
	last_name VARCHAR(200) NOT NULL, 
	title VARCHAR(200) DEFAULT '' NOT NULL, 
	owner_id INTEGER, 
	company_id INTEGER, 
	time_zone VARCHAR(64), 
	do_not_contact BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_contacts PRIMARY KEY (id), 
	CONSTRAINT ck_contacts_kind_known CHECK (kind IN ('candidate', 'client', 'both')), 
	CONSTRAINT fk_contacts_company_id FOREIGN KEY(company_id) REFERENCES companies (id), 
	CONSTRAINT fk_contacts_owner_id FOREIGN KEY(owner_id) REFERENCES users (id), 
	CONSTRAINT uq_contacts_external_id UNIQUE (external_id)
);
INSERT INTO "contacts" VALUES(1,'ann','candidate','Ann','Abel','Engineer',2,1,NULL,0);
CREATE TABLE email_addresses (
	id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	type VARCHAR(40) NOT NULL, 
	address VARCHAR(320) NOT NULL, 
	CONSTRAINT pk_email_addresses PRIMARY KEY (id), 
	CONSTRAINT ck_email_addresses_type_known CHECK (type IN ('any', 'work', 'personal')), 
	CONSTRAINT fk_email_addresses_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_email_addresses_contact_id_address UNIQUE (contact_id, address)
);
INSERT INTO "email_addresses" VALUES(1,1,'work','ann@example.com');
CREATE TABLE enrollments (
	id VARCHAR(26) NOT NULL, 
	sequence_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	enrolled_by INTEGER NOT NULL, 
	enrolled_at DATETIME NOT NULL, 
	previous_end DATETIME NOT NULL, 
	opportunity_id INTEGER, 
	run INTEGER NOT NULL, 
	started_run INTEGER DEFAULT 0 NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	step INTEGER NOT NULL, 
	reason VARCHAR(40), 
	outcome VARCHAR(40), 
	since DATETIME, 
	ready_at DATETIME, 
	due_at DATETIME, 
	why VARCHAR(40), 
	wait_left BIGINT, 
	todo VARCHAR(26), 
	asked_by INTEGER, 
	copy INTEGER NOT NULL, 
	failing_since DATETIME, 
	answered_todo VARCHAR(26), 
	answered_step INTEGER, 
	last_news INTEGER NOT NULL, 
	noted INTEGER NOT NULL, 
	CONSTRAINT pk_enrollments PRIMARY KEY (id), 
	CONSTRAINT ck_enrollments_outcome_known CHECK (outcome IN ('positive', 'negative', 'neutral')), 
	CONSTRAINT ck_enrollments_reason_known CHECK (reason IN ('no_email_address', 'no_address_of_type', 'no_phone_number', 'replied', 'by_user', 'missing_merge_field', 'bounced', 'suppressed', 'template_broken', 'no_sender_address', 'no_sender_number', 'could_not_be_sent', 'delivery_unknown', 'in_temporal', 'ended_in_temporal', 'steps_done', 'result', 'concluded', 'unsubscribed')), 
	CONSTRAINT ck_enrollments_state_known CHECK (state IN ('waiting', 'to_do', 'sending')), 
	CONSTRAINT ck_enrollments_status_known CHECK (status IN ('active', 'paused', 'canceled', 'finished', 'removed')), 
	CONSTRAINT ck_enrollments_why_known CHECK (why IN ('delay', 'send_window', 'no_send_window', 'no_business_days', 'mail_server_unreachable', 'mail_server_not_now')), 
	CONSTRAINT fk_enrollments_asked_by FOREIGN KEY(asked_by) REFERENCES users (id), 
	CONSTRAINT fk_enrollments_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_enrollments_enrolled_by FOREIGN KEY(enrolled_by) REFERENCES users (id), 
	CONSTRAINT fk_enrollments_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id), 
	CONSTRAINT fk_enrollments_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id)
);
INSERT INTO "enrollments" VALUES('01M84BYR4GPPPTX8BQ6CB5WV4K',1,1,2,'2026-11-23 14:11:29.541699','2026-11-23 14:11:29.541699',NULL,1,0,'active','to_do',1,NULL,NULL,'2026-11-23 14:11:29.541699',NULL,NULL,NULL,NULL,'todo',NULL,1,NULL,NULL,NULL,1,0);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	enrollment_id VARCHAR(26) NOT NULL, 
	at DATETIME NOT NULL, 
	what VARCHAR(40) NOT NULL, 
	"by" INTEGER, 
	step INTEGER NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	code VARCHAR(40), 
	details JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT ck_events_what_known CHECK (what IN ('result', 'skip', 'send', 'take_back', 'bypass', 'pause', 'resume', 'reply', 'settle', 'conclude', 'cancel', 'reactivate', 'remove', 'look_again', 'enrolled', 'opened', 'claimed', 'released', 'sent', 'try_later', 'blocked', 'lost', 'restored', 'ended_in_temporal')), 
	CONSTRAINT fk_events_by FOREIGN KEY("by") REFERENCES users (id), 
	CONSTRAINT fk_events_enrollment_id FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES(1,'01M84BYR4GPPPTX8BQ6CB5WV4K','2026-11-23 14:11:29.541699','enrolled',2,1,'active',NULL,'{}');
INSERT INTO "events" VALUES(2,'01M84BYR4GPPPTX8BQ6CB5WV4K','2026-11-23 14:11:29.629191','opened',NULL,1,'active',NULL,'{}');
CREATE TABLE leases (
	name VARCHAR(40) NOT NULL, 
	holder VARCHAR(80) NOT NULL, 
	until DATETIME NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE messages (
	id INTEGER NOT NULL, 
	enrollment_id VARCHAR(26) NOT NULL, 
	step INTEGER NOT NULL, 
	copy INTEGER NOT NULL, 
	channel VARCHAR(40) NOT NULL, 
	sequence_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	sender_id INTEGER NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	attempt VARCHAR(80) NOT NULL, 
	recipient VARCHAR(320) NOT NULL, 
	subject TEXT DEFAULT '' NOT NULL, 
	body TEXT NOT NULL, 
	message_id VARCHAR(120) NOT NULL, 
	claimed_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT ck_messages_channel_known CHECK (channel IN ('email', 'text')), 
	CONSTRAINT ck_messages_state_known CHECK (state IN ('claimed', 'handing_over', 'sent', 'unknown', 'not_sent')), 
	CONSTRAINT fk_messages_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_messages_sender_id FOREIGN KEY(sender_id) REFERENCES users (id), 
	CONSTRAINT fk_messages_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id), 
	CONSTRAINT uq_messages_enrollment_id_step_copy UNIQUE (enrollment_id, step, copy)
);
CREATE TABLE news (
	enrollment_id VARCHAR(26) NOT NULL, 
	number INTEGER NOT NULL, 
	"key" VARCHAR(80), 
	what VARCHAR(40) NOT NULL, 
	at DATETIME NOT NULL, 
	happening JSON NOT NULL, 
	signaled BOOLEAN DEFAULT 0 NOT NULL, 
	code VARCHAR(40), 
	CONSTRAINT pk_news PRIMARY KEY (enrollment_id, number), 
	CONSTRAINT ck_news_what_known CHECK (what IN ('result', 'skip', 'send', 'take_back', 'bypass', 'pause', 'resume', 'reply', 'settle', 'conclude', 'cancel', 'reactivate', 'remove', 'look_again', 'enrolled', 'opened', 'claimed', 'released', 'sent', 'try_later', 'blocked', 'lost', 'restored', 'ended_in_temporal')), 
	CONSTRAINT fk_news_enrollment_id FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE, 
	CONSTRAINT uq_news_enrollment_id_key UNIQUE (enrollment_id, "key")
);
INSERT INTO "news" VALUES('01M84BYR4GPPPTX8BQ6CB5WV4K',1,NULL,'result','2026-11-23 14:11:29.684389','{"by": 2, "step": 1, "todo": "todo", "result": "no_answer"}',0,NULL);
CREATE TABLE opportunities (
	id INTEGER NOT NULL, 
	external_id VARCHAR(120), 
	title VARCHAR(200) NOT NULL, 
	company_id INTEGER, 
	CONSTRAINT pk_opportunities PRIMARY KEY (id), 
	CONSTRAINT fk_opportunities_company_id FOREIGN KEY(company_id) REFERENCES companies (id), 
	CONSTRAINT uq_opportunities_external_id UNIQUE (external_id)
);
CREATE TABLE phone_numbers (
	id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	type VARCHAR(20) NOT NULL, 
	number VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_phone_numbers PRIMARY KEY (id), 
	CONSTRAINT fk_phone_numbers_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_phone_numbers_contact_id_number UNIQUE (contact_id, number)
);
INSERT INTO "phone_numbers" VALUES(1,1,'mobile','+4915112340001');
CREATE TABLE removals (
	enrollment_id VARCHAR(26) NOT NULL, 
	sequence_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	removed_by INTEGER, 
	removed_at DATETIME NOT NULL, 
	CONSTRAINT pk_removals PRIMARY KEY (enrollment_id), 
	CONSTRAINT fk_removals_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_removals_removed_by FOREIGN KEY(removed_by) REFERENCES users (id), 
	CONSTRAINT fk_removals_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id)
);
CREATE TABLE sequence_shares (
	sequence_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	CONSTRAINT pk_sequence_shares PRIMARY KEY (sequence_id, user_id), 
	CONSTRAINT fk_sequence_shares_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id) ON DELETE CASCADE, 
	CONSTRAINT fk_sequence_shares_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE sequences (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	owner_id INTEGER NOT NULL, 
	sharing VARCHAR(40) NOT NULL, 
	archived BOOLEAN DEFAULT 0 NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_sequences PRIMARY KEY (id), 
	CONSTRAINT ck_sequences_sharing_known CHECK (sharing IN ('private', 'users', 'everyone')), 
	CONSTRAINT fk_sequences_owner_id FOREIGN KEY(owner_id) REFERENCES users (id)
);
INSERT INTO "sequences" VALUES(1,'Sequence 9a6e8209-3ea4-4614-ac5f-d9798a8fffbc','',2,'everyone',0,1,'2026-11-23 14:11:29.469988');
CREATE TABLE sequencing_settings (
	version INTEGER NOT NULL, 
	zone VARCHAR(64) NOT NULL, 
	frames JSON NOT NULL, 
	closed_dates JSON NOT NULL, 
	more_than_one_sequence BOOLEAN NOT NULL, 
	seconds_allowed BOOLEAN NOT NULL, 
	changed_by INTEGER, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_sequencing_settings PRIMARY KEY (version), 
	CONSTRAINT fk_sequencing_settings_changed_by FOREIGN KEY(changed_by) REFERENCES users (id)
);
INSERT INTO "sequencing_settings" VALUES(1,'UTC','[["00:00-00:00"], ["00:00-00:00"], ["00:00-00:00"], ["00:00-00:00"], ["00:00-00:00"], ["00:00-00:00"], ["00:00-00:00"]]','[]',1,1,NULL,'2026-11-23 14:11:29.425580');
CREATE TABLE steps (
	sequence_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	action VARCHAR(40) NOT NULL, 
	delay_amount INTEGER NOT NULL, 
	delay_unit VARCHAR(40) NOT NULL, 
	owner VARCHAR(40) NOT NULL, 
	user_id INTEGER, 
	title TEXT DEFAULT '' NOT NULL, 
	subject TEXT DEFAULT '' NOT NULL, 
	body TEXT DEFAULT '' NOT NULL, 
	template_id INTEGER, 
	address_type VARCHAR(40) NOT NULL, 
	reply_in_thread BOOLEAN DEFAULT 0 NOT NULL, 
	opportunity_id INTEGER, 
	regards_enrolled_opportunity BOOLEAN DEFAULT 0 NOT NULL, 
	track_opens BOOLEAN DEFAULT 0 NOT NULL, 
	track_clicks BOOLEAN DEFAULT 0 NOT NULL, 
	unsubscribe_link BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_steps PRIMARY KEY (sequence_id, position), 
	CONSTRAINT ck_steps_action_known CHECK (action IN ('automatic_email', 'manual_email', 'call', 'text', 'task')), 
	CONSTRAINT ck_steps_address_type_known CHECK (address_type IN ('any', 'work', 'personal')), 
	CONSTRAINT ck_steps_delay_unit_known CHECK (delay_unit IN ('seconds', 'minutes', 'hours', 'days', 'business_days', 'weeks')), 
	CONSTRAINT ck_steps_owner_known CHECK (owner IN ('enroller', 'user', 'contact_owner', 'company_owner')), 
	CONSTRAINT fk_steps_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id), 
	CONSTRAINT fk_steps_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id) ON DELETE CASCADE, 
	CONSTRAINT fk_steps_template_id FOREIGN KEY(template_id) REFERENCES templates (id), 
	CONSTRAINT fk_steps_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
INSERT INTO "steps" VALUES(1,1,'call',0,'minutes','enroller',NULL,'Call {{ contact.name }}','','',NULL,'any',0,NULL,0,0,0,0);
INSERT INTO "steps" VALUES(1,2,'automatic_email',0,'minutes','enroller',NULL,'','Hi {{ contact.first_name }}','Hello.',NULL,'any',0,NULL,0,1,1,1);
CREATE TABLE suppressions (
	id INTEGER NOT NULL, 
	target VARCHAR(320) NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	since DATETIME NOT NULL, 
	"by" INTEGER, 
	CONSTRAINT pk_suppressions PRIMARY KEY (id), 
	CONSTRAINT fk_suppressions_by FOREIGN KEY("by") REFERENCES users (id), 
	CONSTRAINT uq_suppressions_target UNIQUE (target)
);
CREATE TABLE templates (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	address_type VARCHAR(40) NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_templates PRIMARY KEY (id), 
	CONSTRAINT ck_templates_address_type_known CHECK (address_type IN ('any', 'work', 'personal')), 
	CONSTRAINT uq_templates_name UNIQUE (name)
);
CREATE TABLE todos (
	id VARCHAR(26) NOT NULL, 
	enrollment_id VARCHAR(26) NOT NULL, 
	sequence_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	opportunity_id INTEGER, 
	step INTEGER NOT NULL, 
	action VARCHAR(40) NOT NULL, 
	assignee_id INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	instructions TEXT NOT NULL, 
	subject TEXT DEFAULT '' NOT NULL, 
	body TEXT DEFAULT '' NOT NULL, 
	edited BOOLEAN DEFAULT 0 NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	result VARCHAR(40), 
	note TEXT, 
	done_by INTEGER, 
	done_at DATETIME, 
	CONSTRAINT pk_todos PRIMARY KEY (id), 
	CONSTRAINT ck_todos_action_known CHECK (action IN ('automatic_email', 'manual_email', 'call', 'text', 'task')), 
	CONSTRAINT ck_todos_result_known CHECK (result IN ('no_answer', 'left_voicemail', 'interested', 'not_interested', 'none', 'positive', 'negative')), 
	CONSTRAINT ck_todos_status_known CHECK (status IN ('open', 'away', 'done', 'skipped', 'withdrawn')), 
	CONSTRAINT fk_todos_assignee_id FOREIGN KEY(assignee_id) REFERENCES users (id), 
	CONSTRAINT fk_todos_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_todos_done_by FOREIGN KEY(done_by) REFERENCES users (id), 
	CONSTRAINT fk_todos_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id), 
	CONSTRAINT fk_todos_sequence_id FOREIGN KEY(sequence_id) REFERENCES sequences (id)
);
INSERT INTO "todos" VALUES('todo','01M84BYR4GPPPTX8BQ6CB5WV4K',1,1,NULL,1,'call',2,'Call','','','',0,'open','2026-11-23 14:11:29.668670','2026-11-23 14:11:29.668670',NULL,NULL,NULL,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	level VARCHAR(40) NOT NULL, 
	active BOOLEAN DEFAULT 1 NOT NULL, 
	sending_address VARCHAR(320), 
	sending_number VARCHAR(32), 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT ck_users_level_known CHECK (level IN ('none', 'view', 'use', 'edit', 'manage')), 
	CONSTRAINT uq_users_email UNIQUE (email)
);
INSERT INTO "users" VALUES(1,'ada@example.org','Ada Admin','manage',1,'ada@example.org','+4930900000');
INSERT INTO "users" VALUES(2,'rita@example.org','Rita Recruiter','edit',1,'rita@example.org','+4930900001');
CREATE INDEX ix_companies_name ON companies (name);
CREATE INDEX ix_sequences_name ON sequences (name);
CREATE INDEX ix_email_addresses_address ON email_addresses (address);
CREATE INDEX ix_enrollments_contact ON enrollments (contact_id, status);
CREATE INDEX ix_enrollments_sequence ON enrollments (sequence_id, status, id);
CREATE INDEX ix_enrollments_standing ON enrollments (status, enrolled_by);
CREATE INDEX ix_enrollments_unstarted ON enrollments (enrolled_at) WHERE started_run < run;
CREATE UNIQUE INDEX uq_enrollments_open_once ON enrollments (sequence_id, contact_id) WHERE status IN ('active', 'paused');
CREATE INDEX ix_messages_contact ON messages (contact_id);
CREATE INDEX ix_messages_message_id ON messages (message_id);
CREATE INDEX ix_phone_numbers_number ON phone_numbers (number);
CREATE INDEX ix_removals_contact ON removals (contact_id);
CREATE INDEX ix_removals_sequence ON removals (sequence_id);
CREATE INDEX ix_todos_contact ON todos (contact_id);
CREATE INDEX ix_todos_enrollment ON todos (enrollment_id);
CREATE INDEX ix_todos_list ON todos (assignee_id, status, due_at, id);
CREATE INDEX ix_events_enrollment ON events (enrollment_id, id);
CREATE INDEX ix_news_unsignaled ON news (at) WHERE code IS NULL;
COMMIT;
