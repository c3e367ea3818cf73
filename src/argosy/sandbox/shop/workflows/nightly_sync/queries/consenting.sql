SELECT c.time, c.customer_id, c.email
FROM customers c
JOIN consent p ON p.customer_id = c.customer_id
WHERE p.email_consent
