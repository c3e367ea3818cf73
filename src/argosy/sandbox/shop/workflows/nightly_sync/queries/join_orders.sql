SELECT s.email, o.order_total
FROM sync_customers s
JOIN orders o ON o.customer_id = s.customer_id
