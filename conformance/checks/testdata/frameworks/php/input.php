<?php
// php -S 127.0.0.1:PORT input.php
require __DIR__ . '/respond.php';

http_response_code(respond(file_get_contents('php://input')));
