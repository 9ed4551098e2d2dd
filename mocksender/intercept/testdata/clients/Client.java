import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Fetches a URL with one of Java's clients, and prints the answer. */
public class Client {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("HttpClient")) {
            var request = HttpRequest.newBuilder(URI.create(args[1])).build();
            System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
            return;
        }
        try (InputStream in = new URL(args[1]).openStream()) {
            System.out.println(new String(in.readAllBytes()));
        }
    }
}
