-- Administrators are of one practice, or of the gateway.
update users set role = case when practice is null then 'system-admin' else 'practice-admin' end where role = 'admin';
update api_keys set role = case when practice is null then 'system-admin' else 'practice-admin' end where role = 'admin';
