<?php
// php -S 127.0.0.1:PORT json-encoded.php
require __DIR__ . '/respond.php';

// json_encode writes / as \/, and é as \u00e9.
$event = json_decode(file_get_contents('php://input'));
http_response_code(respond(json_encode($event)));
