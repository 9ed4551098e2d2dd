<?php
// The public key is fetched for each delivery: PHP keeps nothing between two requests.

class NoKey extends Exception {}

function genuine(string $body, string $header): bool
{
    $signature = base64_decode($header, true);
    if ($signature === false || base64_encode($signature) !== $header) {
        return false;
    }
    return openssl_verify($body, $signature, fetch_key(), OPENSSL_ALGO_SHA256) === 1;
}

function fetch_key(): OpenSSLAsymmetricKey
{
    $context = stream_context_create(['http' => ['timeout' => 1, 'follow_location' => 0, 'ignore_errors' => false]]);
    $text = @file_get_contents(getenv('REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL'), false, $context, 0, 65536);
    $document = json_decode((string) $text, true);
    if (($document['success'] ?? false) !== true) {
        throw new NoKey('key document');
    }
    $key = openssl_pkey_get_public(str_replace('\n', "\n", $document['data']['publicKey'] ?? ''));
    if ($key === false || openssl_pkey_get_details($key)['type'] !== OPENSSL_KEYTYPE_RSA) {
        throw new NoKey('no RSA key');
    }
    return $key;
}
