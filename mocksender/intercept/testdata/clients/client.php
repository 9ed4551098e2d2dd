<?php
// Fetches a URL with one of PHP's clients, and prints the answer.
[, $client, $url] = $argv;
if ($client === 'curl') {
    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    $answer = curl_exec($curl);
    if ($answer === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
    }
} else {
    $answer = file_get_contents($url);
}
echo $answer;
exit($answer === false ? 1 : 0);
