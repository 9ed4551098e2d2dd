<?php
// What both handlers do with a body. They differ in where the body comes from.
require __DIR__ . '/keys.php';

// respond returns the status for a delivery with the signed bytes $body.
function respond(string $body): int
{
    $signature = $_SERVER['HTTP_RTK_SIGNATURE'] ?? '';
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    if ($signature === '') {
        return 401;
    }
    try {
        if (!genuine($body, $signature)) {
            return 401;
        }
    } catch (NoKey) {
        return 503;
    }
    $event = json_decode($body, true);
    if ($event === null) {
        return 400;
    }
    take($event, $_SERVER['HTTP_RTK_UUID'] ?? '');
    return 200;
}

// take does the work of an event: a line in EFFECTS, once for each delivery.
function take(mixed $event, string $uuid): void
{
    if ($uuid === '' || !is_array($event) || !is_string($event['event'] ?? null)) {
        return;
    }
    $file = fopen(getenv('EFFECTS'), 'c+');
    flock($file, LOCK_EX);
    $line = json_encode(['uuid' => $uuid]) . "\n";
    if (!str_contains(stream_get_contents($file), $line)) {
        fwrite($file, $line);
    }
    fclose($file);
}
