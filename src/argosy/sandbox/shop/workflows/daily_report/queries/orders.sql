SELECT
  TD_TIME_FORMAT(time, 'yyyy-MM-dd', 'UTC') AS day,
  category,
  count(*) AS orders,
  sum(amount) AS amount
FROM orders
WHERE status = 'paid'
GROUP BY 1, 2
