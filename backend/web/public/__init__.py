"""The public 公示端: results, enterprise page, draws and their verification, the log. Reads publicity, draws and ledger, never inspections."""
