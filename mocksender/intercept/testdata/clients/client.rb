# Fetches a URL with one of Ruby's clients, and prints the answer.
require 'net/http'
require 'open-uri'

client, url = ARGV
uri = URI(url)
puts case client
     when 'net-http' then Net::HTTP.get(uri)
     when 'net-http-start' then Net::HTTP.start(uri.host, uri.port, use_ssl: true) { |http| http.get(uri.path).body }
     when 'open-uri' then uri.open.read
     end
