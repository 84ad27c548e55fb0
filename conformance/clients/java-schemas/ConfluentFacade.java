package headwater;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.apicurio.registry.resolver.client.RegistryArtifactReference;
import io.apicurio.registry.resolver.client.RegistryClientFacade;
import io.apicurio.registry.resolver.client.RegistryVersionCoordinates;
import io.apicurio.registry.resolver.strategy.ArtifactReference;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What Apicurio's serializers ask of a registry, by Confluent's REST API: an artifact is a subject, a content id the schema's id. */
class ConfluentFacade implements RegistryClientFacade {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;

  ConfluentFacade(String url) {
    this.url = url;
  }

  JsonNode ask(String method, String path, JsonNode body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + path))
              .header("content-type", "application/vnd.schemaregistry.v1+json")
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body.toString()))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
      }
      return MAPPER.readTree(answer.body());
    } catch (java.io.IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private JsonNode versionOf(String subject, String version) {
    return ask("GET", "/subjects/" + encoded(subject) + "/versions/" + (version == null ? "latest" : version), null);
  }

  private static List<RegistryArtifactReference> referencesOf(JsonNode answer) {
    List<RegistryArtifactReference> references = new ArrayList<>();
    for (JsonNode each : answer.path("references")) {
      references.add(
          RegistryArtifactReference.builder()
              .name(each.get("name").asText())
              .artifactId(each.get("subject").asText())
              .version(each.get("version").asText())
              .build());
    }
    return references;
  }

  @Override
  public String getSchemaByContentId(Long id) {
    return ask("GET", "/schemas/ids/" + id, null).get("schema").asText();
  }

  @Override
  public String getSchemaByGlobalId(long id, boolean dereferenced) {
    return getSchemaByContentId(id);
  }

  @Override
  public String getSchemaByGAV(String group, String subject, String version) {
    return versionOf(subject, version).get("schema").asText();
  }

  @Override
  public String getSchemaByContentHash(String hash) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<RegistryArtifactReference> getReferencesByContentId(long id) {
    return referencesOf(ask("GET", "/schemas/ids/" + id, null));
  }

  @Override
  public List<RegistryArtifactReference> getReferencesByGlobalId(long id) {
    return getReferencesByContentId(id);
  }

  @Override
  public List<RegistryArtifactReference> getReferencesByGAV(String group, String subject, String version) {
    return referencesOf(versionOf(subject, version));
  }

  @Override
  public List<RegistryArtifactReference> getReferencesByContentHash(String hash) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<RegistryVersionCoordinates> searchVersionsByContent(
      String schema, String type, ArtifactReference reference, boolean canonical) {
    ObjectNode body = MAPPER.createObjectNode().put("schema", schema).put("schemaType", type);
    JsonNode found = ask("POST", "/subjects/" + encoded(reference.getArtifactId()), body);
    return List.of(coordinates(found, reference.getArtifactId()));
  }

  @Override
  public RegistryVersionCoordinates createSchema(
      String type,
      String group,
      String subject,
      String version,
      String ifExists,
      boolean canonical,
      String schema,
      Set<RegistryArtifactReference> references) {
    ObjectNode body = MAPPER.createObjectNode().put("schema", schema).put("schemaType", type);
    ArrayNode list = body.putArray("references");
    for (RegistryArtifactReference each : references) {
      list.addObject()
          .put("name", each.getName())
          .put("subject", each.getArtifactId())
          .put("version", Integer.parseInt(each.getVersion()));
    }
    ask("POST", "/subjects/" + encoded(subject) + "/versions", body);
    return coordinates(ask("POST", "/subjects/" + encoded(subject), body), subject);
  }

  @Override
  public RegistryVersionCoordinates getVersionCoordinatesByGAV(String group, String subject, String version) {
    return coordinates(versionOf(subject, version), subject);
  }

  private static RegistryVersionCoordinates coordinates(JsonNode found, String subject) {
    long id = found.get("id").asLong();
    return RegistryVersionCoordinates.create(id, id, null, subject, found.get("version").asText());
  }

  @Override
  public Object getClient() {
    return http;
  }
}
