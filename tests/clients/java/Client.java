import com.sap.cloud.security.config.Environments;
import com.sap.cloud.security.config.OAuth2ServiceConfiguration;
import com.sap.cloud.security.mtls.SSLContextFactory;
import com.sap.cloud.security.token.TokenClaims;
import com.sap.cloud.security.token.XsuaaScopeConverter;
import com.sap.cloud.security.token.XsuaaToken;
import com.sap.cloud.security.token.validation.ValidationResult;
import com.sap.cloud.security.token.validation.validators.JwtValidatorBuilder;
import com.sap.cloud.security.xsuaa.client.DefaultOAuth2TokenService;
import com.sap.cloud.security.xsuaa.client.OAuth2TokenResponse;
import com.sap.cloud.security.xsuaa.client.XsuaaDefaultEndpoints;
import com.sap.cloud.security.xsuaa.tokenflows.ClientCredentialsTokenFlow;
import com.sap.cloud.security.xsuaa.tokenflows.TokenCacheConfiguration;
import com.sap.cloud.security.xsuaa.tokenflows.XsuaaTokenFlows;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.http.HttpHost;
import org.apache.http.config.Registry;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.protocol.HttpContext;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * An application with SAP's Java library. It reads a command per line and prints the result.
 *
 * <p>Its argument is the port of the server under test. All host names resolve to this machine, where
 * that port stands for 443. A long-running application would keep keys for ten minutes; each command
 * here starts with an empty cache.
 */
public final class Client {

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(arguments[0]);
    var reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      System.out.println(result(new JSONObject(line), port));
    }
  }

  private static JSONObject result(JSONObject command, int port) {
    try {
      OAuth2ServiceConfiguration binding = binding(command.getJSONObject("credentials"));
      try (CloseableHttpClient http = http(binding, port)) {
        return command.has("token")
            ? validated(command.getString("token"), binding, http)
            : fetched(command, binding, http);
      }
    } catch (Exception error) {
      return new JSONObject().put("error", error.toString());
    }
  }

  /** The binding as the library reads it on Cloud Foundry. */
  private static OAuth2ServiceConfiguration binding(JSONObject credentials) {
    JSONObject service =
        new JSONObject()
            .put("name", "my-uaa")
            .put("label", "xsuaa")
            .put("plan", "application")
            .put("tags", new JSONArray().put("xsuaa"))
            .put("credentials", credentials);
    JSONObject services = new JSONObject().put("xsuaa", new JSONArray().put(service));
    byte[] text = services.toString().getBytes(StandardCharsets.UTF_8);
    return Environments.readFromInput(new ByteArrayInputStream(text)).getXsuaaConfiguration();
  }

  private static JSONObject fetched(
      JSONObject command, OAuth2ServiceConfiguration binding, CloseableHttpClient http)
      throws Exception {
    var service = new DefaultOAuth2TokenService(http, TokenCacheConfiguration.cacheDisabled());
    var endpoints = new XsuaaDefaultEndpoints(binding);
    var flows = new XsuaaTokenFlows(service, endpoints, binding.getClientIdentity());
    OAuth2TokenResponse response =
        command.has("grant")
            ? userToken(command.getJSONObject("grant"), flows)
            : clientToken(command.optString("zone", null), flows);
    return new JSONObject()
        .put("access_token", response.getAccessToken())
        .put("refresh_token", response.getRefreshToken());
  }

  private static OAuth2TokenResponse clientToken(String zone, XsuaaTokenFlows flows)
      throws Exception {
    ClientCredentialsTokenFlow flow = flows.clientCredentialsTokenFlow();
    if (zone != null) {
      flow.zoneId(zone);
    }
    return flow.execute();
  }

  private static OAuth2TokenResponse userToken(JSONObject grant, XsuaaTokenFlows flows)
      throws Exception {
    if (grant.has("password")) {
      return flows
          .passwordTokenFlow()
          .username(grant.getString("username"))
          .password(grant.getString("password"))
          .execute();
    }
    if (grant.has("refresh_token")) {
      return flows.refreshTokenFlow().refreshToken(grant.getString("refresh_token")).execute();
    }
    return flows
        .jwtBearerTokenFlow()
        .token(grant.getString("assertion"))
        .zoneId(grant.getString("zone"))
        .attributes(Map.of("purpose", "test"))
        .execute();
  }

  private static JSONObject validated(
      String text, OAuth2ServiceConfiguration binding, CloseableHttpClient http) {
    XsuaaToken token = new XsuaaToken(text);
    token.withScopeConverter(new XsuaaScopeConverter(binding.getProperty("xsappname")));
    ValidationResult result =
        JwtValidatorBuilder.getInstance(binding).withHttpClient(http).build().validate(token);
    if (result.isErroneous()) {
      return new JSONObject().put("error", result.getErrorDescription());
    }
    return new JSONObject()
        .put("clientId", token.getClientId())
        .put("zoneId", token.getZoneId())
        .put("subdomain", token.getSubdomain())
        .put("user", token.getClaimAsString(TokenClaims.USER_NAME))
        .put("countries", token.getAttributeFromClaimAsStringList("xs.user.attributes", "Country"))
        .put("mayDisplay", token.hasLocalScope("Display"))
        .put("mayEdit", token.hasLocalScope("Edit"));
  }

  /** A client like the library's default one, except for the address that it connects to. */
  private static CloseableHttpClient http(OAuth2ServiceConfiguration binding, int port)
      throws Exception {
    SSLContext context =
        binding.getClientIdentity().isCertificateBased()
            ? SSLContextFactory.getInstance().create(binding.getClientIdentity())
            : SSLContext.getDefault();
    Registry<ConnectionSocketFactory> factories =
        RegistryBuilder.<ConnectionSocketFactory>create()
            .register("https", new ThisMachine(context, port))
            .build();
    InetAddress[] here = {InetAddress.getLoopbackAddress()};
    var connections = new PoolingHttpClientConnectionManager(factories, name -> here);
    return HttpClients.custom().setConnectionManager(connections).disableRedirectHandling().build();
  }

  private static final class ThisMachine extends SSLConnectionSocketFactory {
    private final int port;

    ThisMachine(SSLContext context, int port) {
      super(context);
      this.port = port;
    }

    @Override
    public Socket connectSocket(
        int timeout,
        Socket socket,
        HttpHost host,
        InetSocketAddress remote,
        InetSocketAddress local,
        HttpContext context)
        throws IOException {
      int real = remote.getPort() == 443 ? port : remote.getPort();
      InetSocketAddress address = new InetSocketAddress(remote.getAddress(), real);
      return super.connectSocket(timeout, socket, host, address, local, context);
    }
  }

  private Client() {}
}
